// What the bundler understands and the compiler does not: style sheets imported for their effect,
// and the version that the build writes into the merchant script.
declare module '*.css';
declare const __KARV_VERSION__: string;
