/** schema.ts tells what the columns mean, migrations/ makes them: neither may have what the other lacks. */
import { env } from 'cloudflare:workers'
import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import { beforeAll, describe, expect, it } from 'vitest'
import * as schema from '../../src/store/schema.ts'
import { migrate } from '../helpers/world.ts'

const tables = Object.values(schema) as SQLiteTable[]

beforeAll(() => migrate())

describe('the schema', () => {
  it('names every table that the migrations make', async () => {
    const { results } = await env.DB.prepare(
      `select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'ft%'
        and name not like 'd1_%' and name not like '\\_cf%' escape '\\' order by name`,
    ).all<{ name: string }>()
    expect(tables.map((table) => getTableConfig(table).name).sort()).toEqual(results.map((row) => row.name))
  })

  it.each(tables.map((table) => getTableConfig(table)))('has the columns of $name', async ({ name, columns }) => {
    const { results } = await env.DB.prepare(`select name, type, "notnull", pk from pragma_table_info('${name}')`).all<{
      name: string
      type: string
      notnull: number
      pk: number
    }>()
    const made = results.map(
      (row) => `${row.name} ${row.type.toLowerCase()} ${row.notnull || row.pk ? 'not null' : 'null'}`,
    )
    const said = columns.map(
      (one) => `${one.name} ${one.getSQLType()} ${one.notNull || one.primary ? 'not null' : 'null'}`,
    )
    expect(said.sort()).toEqual(made.sort())
  })

  it.each(tables.map((table) => getTableConfig(table)))('has the indexes of $name', async ({ name, indexes }) => {
    const { results } = await env.DB.prepare(
      `select name from sqlite_master where type = 'index' and tbl_name = ? and sql is not null order by name`,
    )
      .bind(name)
      .all<{ name: string }>()
    expect(indexes.map((one) => one.config.name).sort()).toEqual(results.map((row) => row.name))
  })
})
