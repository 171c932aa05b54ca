export * from './engine.ts';
export * from './errors.ts';
export * from './ports.ts';
export * from './relay.ts';
export * from './replay.ts';
export * from './stop.ts';
export * from './task.ts';
export * from './wire.ts';
