export * from './categories.ts';
export { classify, createClassifier, providerIn, RULES } from './classify.ts';
export type { Classifier } from './classify.ts';
export { compile, phraseProblem } from './pattern.ts';
export type { Rule } from './rules/rule.ts';
export { tokenise } from './tokens.ts';
export type * from './types.ts';
export { WORDS } from './words.ts';
