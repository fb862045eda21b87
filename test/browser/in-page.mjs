/** The tripwire's part inside the page and its frames: what tells of a script, and what shows a mail. */

for (const name of ['alert', 'confirm', 'prompt', 'print', 'open'])
  Object.defineProperty(window, name, { value: () => console.log(`script: ${name}`) })

const EVENTS = ['mouseover', 'mouseenter', 'mousemove', 'pointerover', 'focus', 'toggle', 'copy', 'scroll', 'submit']
const LEADS_OUT = 'a[href^="http"], a[href^="mailto"], a[href^="tel"], form'

window.tripwire = {
  /** Sets the mail, then does to each of its elements what a reader may do, but for following a link. */
  showAndTouch(html) {
    const main = document.querySelector('main')
    main.innerHTML = html
    // What a browser reads from what it wrote must be what it had.
    const written = main.innerHTML
    main.innerHTML = written
    for (const element of main.querySelectorAll('*')) {
      for (const event of EVENTS) element.dispatchEvent(new Event(event, { cancelable: true }))
      if (!element.closest(LEADS_OUT)) element.dispatchEvent(new MouseEvent('click', { cancelable: true }))
    }
  },

  showInFrames(documents, sandbox) {
    const frames = documents.map((srcdoc) => {
      const frame = document.createElement('iframe')
      if (sandbox !== null) frame.setAttribute('sandbox', sandbox)
      frame.srcdoc = srcdoc
      return frame
    })
    document.querySelector('main').replaceChildren(...frames)
  },

  /** The names of the elements and attributes of the mail, as the browser built them. */
  built() {
    const names = new Set()
    for (const element of document.querySelectorAll('main *')) {
      const isHtml = element.namespaceURI === 'http://www.w3.org/1999/xhtml'
      names.add(isHtml ? element.localName : `foreign ${element.localName}`)
      for (const { name } of element.attributes) names.add(`@${name}`)
    }
    return [...names]
  },
}
