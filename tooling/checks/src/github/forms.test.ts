import { globSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readYaml } from "./workflows.ts";

interface Field {
  readonly type: string;
  readonly id: string;
  readonly attributes: { readonly label: string };
}

interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly Field[];
}

const root = resolve(import.meta.dirname, "../../../..");
const forms = globSync(".github/ISSUE_TEMPLATE/*.yml", { cwd: root })
  .filter((path) => !path.endsWith("config.yml"))
  .sort();

it("there is a form for bugs, for performance and for features", () => {
  expect(forms.map((path) => path.replace(/^.*\/|\.yml$/g, ""))).toEqual([
    "bug",
    "feature",
    "performance",
  ]);
  expect(readYaml(root, ".github/ISSUE_TEMPLATE/config.yml")).toHaveProperty("contact_links");
});

describe.each(forms)("%s", (path) => {
  it("is a form of GitHub's: fields of known types, with labels and ids of their own", () => {
    const form = readYaml<Form>(root, path);
    expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) });
    expect(form.body.length).toBeGreaterThan(0);
    for (const { type, id, attributes } of form.body) {
      expect(["input", "textarea", "dropdown", "checkboxes"]).toContain(type);
      expect(id).toMatch(/^[a-z-]+$/);
      expect(attributes.label).not.toBe("");
    }
    expect(new Set(form.body.map(({ id }) => id)).size).toBe(form.body.length);
  });
});

it.each([".github/ISSUE_TEMPLATE/bug.yml", ".github/ISSUE_TEMPLATE/performance.yml"])(
  "%s asks for the output of papilio doctor",
  (path) => {
    const { body } = readYaml<Form>(root, path);
    expect(body.map(({ attributes }) => attributes.label)).toContain("Output of `papilio doctor`");
  },
);
