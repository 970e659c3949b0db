import type { Page } from "playwright";

/**
 * Pictures of a page that are not seen whole: wider than the window or than what clips or scrolls them, or
 * with words beyond their own edge. Each is named with figures in CSS pixels.
 */
export async function cutPictures(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const found: string[] = [];
    const round = (value: number): number => Math.round(value * 10) / 10;
    for (const picture of document.querySelectorAll("main svg, main img, main canvas")) {
      const { left, right, width } = picture.getBoundingClientRect();
      if (width === 0) continue;
      const label = picture.getAttribute("aria-label") ?? picture.textContent ?? picture.className;
      const name = `${picture.tagName} ${String(label).slice(0, 40)}`;
      const window = document.documentElement.clientWidth;
      if (left < -1 || right > window + 1) found.push(`${name}: ${round(right)} of ${window}`);
      for (let box = picture.parentElement; box !== null; box = box.parentElement) {
        if (getComputedStyle(box).overflowX === "visible") continue;
        const edges = box.getBoundingClientRect();
        if (left >= edges.left - 1 && right <= edges.right + 1) continue;
        found.push(`${name}: ${round(width)} in ${round(edges.width)} of ${box.className}`);
        break;
      }
      for (const word of picture.querySelectorAll("text")) {
        const edges = word.getBoundingClientRect();
        if (edges.width === 0) continue;
        if (edges.left < left - 1 || edges.right > right + 1) {
          found.push(`${name}: its word ${word.textContent} is beyond its edge`);
        }
      }
    }
    return found;
  });
}
