/** The delivery event: canonical form, addresses and times. This is a separate entry point, so importing it loads no format's libraries. */
export * from './address.ts';
export * from './event.ts';
export * from './mentions.ts';
export * from './text.ts';
export * from './time.ts';
