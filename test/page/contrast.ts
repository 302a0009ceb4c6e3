export interface Contrast {
  readonly text: string
  readonly ratio: number
}

/**
 * The contrast of each text that is shown to what is behind it (WCAG 2.2, "contrast ratio"). Runs in the page, and
 * so refers to nothing outside of itself; the project's types know no DOM.
 */
export function contrasts(): Contrast[] {
  // biome-ignore lint/suspicious/noExplicitAny: of the browser
  const { document, getComputedStyle, NodeFilter } = globalThis as any

  const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number)
  const luminance = (color: string) => {
    const [red = 0, green = 0, blue = 0] = channels(color)
      .slice(0, 3)
      .map(channel => channel / 255)
      .map(channel => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  // biome-ignore lint/suspicious/noExplicitAny: an Element
  const background = (element: any): string => {
    if (element === null) return 'rgb(255, 255, 255)'
    const color: string = getComputedStyle(element).backgroundColor
    return channels(color)[3] === 0 ? background(element.parentElement) : color
  }

  const found: Contrast[] = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const { parentElement: element, textContent } = walker.currentNode
    const text = textContent.trim()
    if (text === '' || !element.checkVisibility()) continue
    const [one, other] = [luminance(getComputedStyle(element).color), luminance(background(element))]
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
    found.push({ text, ratio })
  }
  return found
}
