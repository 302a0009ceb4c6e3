// Brings the page up to date without a reload: asks for it again and replaces what has changed of the elements
// that are marked with data-live. Without it the page works by its links and forms.

/** Milliseconds between two looks at least; more when the server takes long, so that watching never keeps it busy. */
const PAUSE = 1000
const IDLE_SHARE = 5

const state = document.getElementById('live-state')
const pauseButton = document.getElementById('live-pause')

/** The HTML of each live element as the server last sent it. */
const shown = new Map()
let paused = false
let turn = 0
/** Whether what is shown is there no longer, such as a table that was deleted. */
let lost = false
let timer

for (const element of document.querySelectorAll('[data-live]')) shown.set(element.id, element.innerHTML)

function say(text) {
  if (state.textContent !== text) state.textContent = text
}

function update(page) {
  for (const element of document.querySelectorAll('[data-live]')) {
    const fresh = page.getElementById(element.id)
    if (fresh === null || fresh.innerHTML === shown.get(element.id)) continue
    shown.set(element.id, fresh.innerHTML)
    const focused = element.contains(document.activeElement) ? document.activeElement.id : ''
    element.replaceChildren(...fresh.childNodes)
    if (focused !== '') document.getElementById(focused)?.focus({ preventScroll: true })
  }
}

/** What went wrong, as the server says it on a page of its own; nothing when nothing did. */
function showNotice(page) {
  const before = document.querySelector('.notice')
  const notice = page.querySelector('.notice')
  if (before?.textContent === notice?.textContent) return
  before?.remove()
  if (notice !== null) document.querySelector('h1').after(notice)
}

async function load(url, options) {
  const response = await fetch(url, { ...options, headers: { accept: 'text/html' } })
  return new DOMParser().parseFromString(await response.text(), 'text/html')
}

async function refresh() {
  clearTimeout(timer)
  // A page that says what went wrong stays as it is.
  if (shown.size === 0 || paused || document.hidden) return
  const start = performance.now()
  const mine = ++turn
  try {
    const page = await load(location.href)
    // A later look may have overtaken this one.
    if (mine !== turn) return
    const gone = page.querySelector('[data-live]') === null
    if (gone || lost) showNotice(page)
    lost = gone
    update(page)
    say(gone ? 'Not up to date' : 'Live')
  } catch {
    say('No connection')
  }
  clearTimeout(timer)
  timer = setTimeout(refresh, Math.max(PAUSE, IDLE_SHARE * (performance.now() - start)))
}

pauseButton.addEventListener('click', () => {
  paused = !paused
  pauseButton.textContent = paused ? 'Resume' : 'Pause'
  if (paused) say('Paused')
  refresh()
})
document.addEventListener('visibilitychange', refresh)

// Switches without leaving the place on the page. What cannot be is shown as the server shows it, on a page.
document.addEventListener('submit', async event => {
  const form = event.target
  if (form.method !== 'post') return
  event.preventDefault()
  const button = event.submitter
  const fields = new URLSearchParams(new FormData(form, button))
  try {
    const page = await load(form.action, { method: 'POST', body: fields })
    showNotice(page)
    if (paused) update(page)
    else await refresh()
  } catch {
    say('No connection')
  }
})

pauseButton.hidden = shown.size === 0
refresh()
