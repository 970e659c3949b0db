/*
 * Types of WebAssembly where the compiler knows them, which those of Node's own types and no DOM do not:
 * the declarations of this package are checked there too.
 */

type Known = typeof globalThis extends { WebAssembly: infer Namespace } ? Namespace : unknown;

/** `WebAssembly.Module` */
export type WasmModule = Known extends { Module: { prototype: infer Module } } ? Module : object;

/** `WebAssembly.Memory` */
export type WasmMemory = Known extends { Memory: { prototype: infer Memory } } ? Memory : object;
