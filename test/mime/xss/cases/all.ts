/** The whole collection. */
import { addresses } from './addresses.ts'
import type { HostileCase } from './case.ts'
import { loads } from './loads.ts'
import { parsing } from './parsing.ts'
import { scripts } from './scripts.ts'
import { styles } from './styles.ts'

export const hostileCases: HostileCase[] = [...scripts, ...addresses, ...parsing, ...styles, ...loads]
