import { accessSync, constants } from 'node:fs'
import { chromium } from 'playwright-core'

/** Where Linux distributions, macOS and Windows have it. */
const usual = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** Said when a browser is needed and there is none. */
export const NO_CHROMIUM =
  'No Chromium here. Install one (Debian: apt-get install chromium), or name its executable in CHROMIUM.'

/** The executable that CHROMIUM names, or one in a usual place; undefined when there is none. */
export function findChromium() {
  const named = process.env.CHROMIUM
  return (named === undefined ? usual : [named]).find(path => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** A headless browser, with more of its switches if need be. Throws when there is no Chromium. */
export async function launchChromium(switches = []) {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error(NO_CHROMIUM)
  // As root, as in containers, Chromium does not start with its sandbox; it opens nothing but the local cloud.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath, args: [...sandbox, ...switches] })
}
