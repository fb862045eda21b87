/** File names that run on a double click, most of them on Windows, and disk images that carry such files past its warning. */
const PROGRAM =
  /\.(?:exe|scr|pif|bat|cmd|cpl|js|jse|vbs|vbe|wsf|wsh|hta|msi|msp|jar|lnk|ps1|reg|chm|scf|url|iso|img|vhdx?|appx?|gadget|application|one|xll|wim|library-ms|search-ms|settingcontent-ms)$/i
/** Those of them that developers send each other by the dozen. */
const SOURCE = /\.(?:js|bat|cmd|ps1|reg|jar|url|chm|appx?)$/i
/** Names are judged by their end. */
const NAME_CHARS_MAX = 255

export function isProgramName(name: string): boolean {
  // Windows drops dots and blanks at the end of a name.
  return PROGRAM.test(name.slice(-NAME_CHARS_MAX).replace(/[\s.]+$/, ''))
}

/** In an archive a source file is one of many; alone it is there to be run. */
export function isProgramInArchive(name: string, isAlone: boolean): boolean {
  return isProgramName(name) && (isAlone || !SOURCE.test(name))
}
