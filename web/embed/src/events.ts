// on / off: the three things a shop may listen to.
import { fail } from './errors.ts';
import type { Callback, Members } from './arguments.ts';

const kEvents = ['heightChanged', 'fullscreenOverlayShown', 'fullscreenOverlayHidden'];

export interface Events {
  on(name: string, callback: Callback): void;
  off(name: string, callback?: Callback): void;
  emit(name: string, detail: Members): void;
}

export function createEvents(): Events {
  const listeners = new Map<string, Set<Callback>>();
  const of = (name: string): Set<Callback> => {
    if (!kEvents.includes(name)) fail('EventNotSupportedError', `event ${name} is not supported`);
    let set = listeners.get(name);
    if (!set) listeners.set(name, (set = new Set()));
    return set;
  };
  return {
    on(name, callback) {
      const set = of(name);
      if (typeof callback === 'function') set.add(callback);
    },
    off(name, callback) {
      if (callback) of(name).delete(callback);
      else of(name).clear();
    },
    emit(name, detail) {
      for (const callback of [...of(name)]) safely(callback, detail);
    },
  };
}

/** Calls the shop's code so that its exception reaches its own error log and not our state. */
export function safely(callback: Callback, detail: Members): void {
  try {
    callback(detail);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
