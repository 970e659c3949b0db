import { describe, expect, it } from "vitest";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

class Leaf extends Module {
  readonly weight: Parameter = this.parameter("weight", new Parameter([2, 3]));
}

class Tree extends Module {
  readonly first: Leaf = this.child("first", new Leaf());
  readonly rest: readonly Leaf[] = this.childList("rest", [new Leaf(), new Leaf()]);

  add(name: string, module: Module): void {
    this.child(name, module);
  }
}

describe("modules", () => {
  it("name their parts and parameters by dotted paths", () => {
    const tree = new Tree();
    expect([...tree.namedParameters().keys()]).toEqual([
      "first.weight",
      "rest.0.weight",
      "rest.1.weight",
    ]);
    expect([...tree.namedModules().keys()]).toEqual(["", "first", "rest.0", "rest.1"]);
    expect(tree.rest[1]?.path).toBe("rest.1");
    expect(tree.path).toBe("");
    expect(tree.parameterCount).toBe(18);
  });

  it("put one in another's place, in order", () => {
    const tree = new Tree();
    const other = new Leaf();
    tree.first.replaceWith(other);
    expect(tree.namedModules().get("first")).toBe(other);
    expect([...tree.namedModules().keys()]).toEqual(["", "first", "rest.0", "rest.1"]);
    expect([other.path, tree.first.path]).toEqual(["first", ""]);
  });

  it("have each name once, and each part one place", () => {
    const tree = new Tree();
    const refused = expect.objectContaining({ code: "MODULE_NAME" });
    expect(() => tree.add("first", new Leaf())).toThrow(refused);
    expect(() => tree.add("other", tree.first)).toThrow(refused);
    expect(() => tree.add("", new Leaf())).toThrow(refused);
    expect(() => tree.replaceWith(new Leaf())).toThrow(refused);
    expect(() => tree.first.replaceWith(tree.rest[0] as Leaf)).toThrow(refused);
  });
});

describe("a parameter", () => {
  it("is made at its first use, unless numbers are given before", () => {
    let made = 0;
    const lazy = new Parameter([4], (values) => {
      made++;
      values.fill(7);
    });
    expect([lazy.length, made]).toEqual([4, 0]);
    expect([...lazy.values]).toEqual([7, 7, 7, 7]);
    expect(lazy.values).toBe(lazy.values);
    expect(made).toBe(1);
    const given = new Parameter([2], () => {
      throw new Error("not needed");
    });
    given.values = Float32Array.of(1, 2);
    expect([...given.values]).toEqual([1, 2]);
  });

  it("refuses shapes and numbers that are not valid", () => {
    const refused = expect.objectContaining({ code: "PARAMETER_SHAPE" });
    expect(() => new Parameter([2, 0])).toThrow(refused);
    expect(() => new Parameter([2 ** 20, 2 ** 20])).toThrow(refused);
    expect(() => new Parameter([1.5])).toThrow(refused);
    expect(() => Parameter.of([3], new Float32Array(2))).toThrow(refused);
  });
});
