/** The fixtures as bytes, where there is no file system: Vite inlines each as a data URL, which keeps every byte. */
export type Fixture = { name: string; bytes: Uint8Array }

declare global {
  interface ImportMeta {
    glob<T>(pattern: string, options: { query: string; import: string; eager: true }): Record<string, T>
  }
}

const urls = import.meta.glob<string>('../fixtures/*.eml', { query: '?url&inline', import: 'default', eager: true })
const wants = import.meta.glob<string>('../fixtures/*.want.json', { query: '?raw', import: 'default', eager: true })

export const fixtures: Fixture[] = Object.entries(urls).map(([path, url]) => ({
  name: path.replace(/^.*\/|\.eml$/g, ''),
  bytes: Uint8Array.from(atob(url.slice(url.indexOf(',') + 1)), (char) => char.charCodeAt(0)),
}))

export function wanted(name: string): string {
  return wants[`../fixtures/${name}.want.json`] ?? ''
}
