/** File names that run on a double click, most of them on Windows, and disk images that carry such files past its warning. */
const PROGRAM =
  /\.(?:exe|scr|pif|bat|cmd|cpl|js|jse|vbs|vbe|wsf|wsh|hta|msi|msp|jar|lnk|ps1|reg|chm|scf|url|iso|img|vhdx?|appx?|gadget|application|one|xll|wim|library-ms|search-ms|settingcontent-ms)$/i
/** Those of them that developers send each other by the dozen. */
const SOURCE = /\.(?:js|bat|cmd|ps1|reg|jar|url|chm|appx?)$/i
/** Programs, and parts of programs, that say so and start nothing when they are opened: builds that people send each other. */
const OPENLY =
  /(?:\.(?:dll|sys|ocx|drv|ax|efi|mui|pyd|node|o|ko|a|so(?:\.\d{1,9}){0,4}|elf|axf|out|run|bin|appimage|ex_)|^[^.]{1,255})$/i
/** Names are judged by their end. */
const NAME_CHARS_MAX = 255

export function isProgramName(name: string): boolean {
  // Windows drops dots and blanks at the end of a name.
  return PROGRAM.test(name.slice(-NAME_CHARS_MAX).replace(/[\s.]+$/, ''))
}

/** Whether a name makes no secret of being a program's, or claims to be nothing in particular. */
export function isOpenlyProgram(name: string): boolean {
  return isProgramName(name) || OPENLY.test(name.slice(-NAME_CHARS_MAX).trim())
}

/** In an archive a source file is one of many; alone it is there to be run. */
export function isProgramInArchive(name: string, isAlone: boolean): boolean {
  return isProgramName(name) && (isAlone || !SOURCE.test(name))
}
