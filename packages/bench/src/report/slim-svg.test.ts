import { expect, it } from "vitest";
import { slimSvg } from "./slim-svg.ts";

it("keeps what is seen, and makes labels of marks their titles", () => {
  const { content } = slimSvg(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 20"><g fill="none" role="graphics-object" aria-label="all"><g></g><text opacity="0">hidden</text><path class="background" aria-hidden="true" d="M0,0h0v0h0Z"/><g clip-path="url(#clip7)"><path aria-label="a &lt;b&gt; 0.12345" role="graphics-symbol" transform="translate(1.23456,2e-17)" d="M1.005,-0.123456" fill="#fff" opacity="1"/></g><text>0.12345</text></g><defs><clipPath id="clip7"/></defs></svg>`,
    "fig",
  );
  expect(content).toBe(
    `<g fill="none"><g clip-path="url(#fig-0)"><path transform="translate(1.23,0)" d="M1,-0.12" fill="#fff"><title>a &lt;b&gt; 0.12345</title></path></g><text>0.12345</text></g><defs><clipPath id="fig-0"/></defs>`,
  );
});
