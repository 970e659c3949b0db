export { Module } from "./module.ts";
export { type Initialize, Parameter } from "./parameter.ts";
