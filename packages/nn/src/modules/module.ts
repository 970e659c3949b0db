import { PapilioError } from "@papilio/butterfly";
import { describeValue, requireList, requireObject, requireText } from "@papilio/butterfly/errors";
import type { Parameter } from "./parameter.ts";

/**
 * A part of a model with parameters: a layer, or several. Parts and parameters have names, which make
 * dotted paths as in a state dict of PyTorch.
 *
 * @example
 * ```ts
 * class FeedForward extends Module {
 *   readonly up = this.child("up", new Linear({ inFeatures: 384, outFeatures: 1536 }));
 *   readonly down = this.child("down", new Linear({ inFeatures: 1536, outFeatures: 384 }));
 *   forward(x: Value): Value {
 *     return this.down.forward(activate(this.up.forward(x), { kind: "gelu", approximate: "none" }));
 *   }
 * }
 * ```
 */
export abstract class Module {
  readonly #children = new Map<string, Module>();
  readonly #parameters = new Map<string, Parameter>();
  /** What it is a part of, and under which name. */
  #place: { readonly parent: Module; readonly name: string } | undefined;

  /** Its parts, by name. */
  get children(): ReadonlyMap<string, Module> {
    return this.#children;
  }

  /** Dotted path from the root of the model, empty for the root. */
  get path(): string {
    if (this.#place === undefined) return "";
    const { parent, name } = this.#place;
    return parent.path === "" ? name : `${parent.path}.${name}`;
  }

  /** Every parameter of it and of its parts, by dotted path. */
  namedParameters(): ReadonlyMap<string, Parameter> {
    const all = new Map(this.#parameters);
    for (const [name, child] of this.#children) {
      for (const [path, parameter] of child.namedParameters())
        all.set(`${name}.${path}`, parameter);
    }
    return all;
  }

  /** Every part of it, and itself, by dotted path, in the order in which they were made. */
  namedModules(): ReadonlyMap<string, Module> {
    const all = new Map<string, Module>([["", this]]);
    for (const [name, child] of this.#children) {
      for (const [path, module] of child.namedModules()) {
        all.set(path === "" ? name : `${name}.${path}`, module);
      }
    }
    return all;
  }

  /** How many numbers its parameters have, each parameter once. */
  get parameterCount(): number {
    return [...new Set(this.namedParameters().values())].reduce(
      (sum, { length }) => sum + length,
      0,
    );
  }

  /** The part of a name, as it is now: another one may have taken its place. */
  protected part<M extends Module>(name: string): M {
    return this.#children.get(name) as M;
  }

  /** Makes a module a part of this one. Throws `MODULE_NAME`. */
  protected child<M extends Module>(name: string, module: M): M {
    this.#requireNew(name);
    requireModule(module);
    if (module.#place !== undefined) {
      throw new PapilioError(
        "MODULE_NAME",
        `The module ${describeValue(name)} is already a part of another one, as ${describeValue(module.path)}.`,
        "Make one for each place.",
      );
    }
    module.#place = { parent: this, name };
    this.#children.set(name, module);
    return module;
  }

  /** Makes a list of modules parts of this one: `name.0`, `name.1` and so on. */
  protected childList<M extends Module>(name: string, modules: readonly M[]): readonly M[] {
    requireText("The name of parts", name);
    requireList(`The parts ${name}`, modules);
    return modules.map((module, index) => this.child(`${name}.${index}`, module));
  }

  /**
   * Puts another module in the place of this one. Whoever holds a reference to this one keeps it: look
   * parts up by name.
   *
   * @throws PapilioError `MODULE_NAME` for the root of a model
   */
  replaceWith(module: Module): void {
    requireModule(module);
    const place = this.#place;
    if (place === undefined || module.#place !== undefined) {
      throw new PapilioError(
        "MODULE_NAME",
        "A module takes the place of a part of a model, and is not a part of one itself.",
        "Replace layers, not the model, by new layers.",
      );
    }
    module.#place = place;
    place.parent.#children.set(place.name, module);
    this.#place = undefined;
  }

  /** Makes numbers a parameter of this module. Throws `MODULE_NAME`. */
  protected parameter(name: string, parameter: Parameter): Parameter {
    this.#requireNew(name);
    requireObject("The parameter", parameter, "a Parameter", "shape", "length");
    this.#parameters.set(name, parameter);
    return parameter;
  }

  #requireNew(name: string): void {
    requireText("The name of a part", name);
    if (name !== "" && !this.#children.has(name) && !this.#parameters.has(name)) return;
    throw new PapilioError(
      "MODULE_NAME",
      `A module cannot have another part or parameter named ${describeValue(name)}.`,
      "Name each differently.",
    );
  }
}

function requireModule(value: unknown): asserts value is Module {
  requireObject("The part", value, "a Module", "namedParameters", "namedModules");
  if (value instanceof Module) return;
  throw new PapilioError(
    "OPTION_INVALID",
    "The part is of another copy of @papilio/nn, but it must be a Module of this one.",
    "Install one version of @papilio/nn.",
  );
}
