export * from './card_frame.tsx';
export * from './icons.tsx';
export * from './language.ts';
export * from './mark.tsx';
export * from './parts.tsx';
export * from './identify.tsx';
export * from './use_action.ts';
