// Lays a page out in a frame of a width, and answers with what is wrong with it.
// Arguments: the page as HTML, the width in pixels, and the function that takes the answer, a list of texts.
const [html, width, answer] = arguments;
const SMALLEST = 10; // Height in pixels of a line that can still be read.
const frame = document.createElement('iframe');
frame.style.cssText = `width: ${width}px; height: 4000px; border: 0`;
frame.onload = () => {
  const page = frame.contentDocument;
  const problems = [];
  const { scrollWidth, clientWidth } = page.documentElement;
  if (scrollWidth > clientWidth) {
    problems.push(`the page scrolls sideways: ${scrollWidth} of ${clientWidth} pixels`);
  }
  const lines = [];
  const texts = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (!node.textContent.trim()) continue;
    const range = page.createRange();
    range.selectNodeContents(node);
    const boxes = node.parentElement.closest('svg')
      ? [node.parentElement.getBoundingClientRect()]
      : [...range.getClientRects()];
    for (const box of boxes) {
      if (box.width > 0 && box.height > 0) lines.push({ node, box, text: node.textContent.trim() });
    }
  }
  for (const [number, one] of lines.entries()) {
    if (one.box.height < SMALLEST) problems.push(`too small: ${one.text}`);
    for (const other of lines.slice(number + 1)) {
      const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      // Boxes of neighbouring lines touch; only letters that lie over each other are wrong.
      if (one.node !== other.node && across > 1 && down > 3) {
        problems.push(`over each other: ${one.text} | ${other.text}`);
      }
    }
  }
  for (const cell of page.querySelectorAll('td, th')) {
    if (cell.scrollWidth > cell.clientWidth + 1) problems.push(`leaves its cell: ${cell.textContent}`);
  }
  answer(problems);
};
frame.srcdoc = html;
document.body.append(frame);
