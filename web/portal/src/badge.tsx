// A state as icon, word and color, never color alone.
import { Icon, type IconName } from '@karv/ui';

export type Tone = 'good' | 'calm' | 'caution' | 'faint';

const kIcons: Record<string, [IconName, Tone]> = {
  paid: ['check', 'good'],
  open: ['clock', 'calm'],
  waiting: ['bag', 'calm'],
  planned: ['clock', 'calm'],
  processing: ['clock', 'calm'],
  due: ['alert', 'caution'],
  late: ['alert', 'caution'],
  overdue: ['alert', 'caution'],
  canceled: ['ban', 'faint'],
};

export function Badge({ state, text }: { state: string; text: string }) {
  const [icon, tone] = kIcons[state] ?? (['clock', 'calm'] as const);
  return (
    <span class={`badge ${tone}`}>
      <Icon name={icon} size={16} />
      {text}
    </span>
  );
}
