export * from './checkout.ts';
export * from './customer.ts';
export * from './problem.ts';
export * from './shared.ts';
export { createCall, type Call, type CallOptions } from './http.ts';
