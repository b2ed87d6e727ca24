// Answers with what makes the page hard to read or to use: scripts, fields without a name, texts with too little contrast,
// fields and buttons that are too small for a finger or do not show that they have the focus.
const problems = [];
if (document.scripts.length) problems.push('there is a script');
const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
const light = (colour) =>
  numbers(colour)
    .slice(0, 3)
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
const isClear = (colour) => numbers(colour)[3] === 0;
const behind = (part) => {
  const colour = getComputedStyle(part).backgroundColor;
  return isClear(colour) && part.parentElement ? behind(part.parentElement) : colour;
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const part = texts.currentNode.parentElement;
  if (!texts.currentNode.textContent.trim()) continue;
  const [one, other] = [light(getComputedStyle(part).color), light(behind(part))].sort((a, b) => b - a);
  const contrast = (one + 0.05) / (other + 0.05);
  if (contrast < 4.5) problems.push(`contrast ${contrast.toFixed(1)}: ${texts.currentNode.textContent.trim()}`);
}
for (const field of document.querySelectorAll('input, textarea, button')) {
  const named = field.textContent.trim() || field.ariaLabel || [...(field.labels || [])].some((l) => l.textContent.trim());
  if (!named) problems.push(`without a name: ${field.name || field.type}`);
  const touched = (field.closest('label') || field).getBoundingClientRect();
  if (touched.width < 40 || touched.height < 40) problems.push(`too small: ${touched.width} by ${touched.height}`);
}
// A browser without a screen has no focus to look at.
const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
const shows = (rule) => rule.selectorText === ':focus-visible' && rule.style.outline.includes('solid');
if (!rules.some(shows)) problems.push('the focus is not shown');
return problems;
