import { testDatabase, type TestDatabase } from "../support/postgres.ts";
import { type Project, project } from "./segue.ts";

export const AGE = "20261122101500_age";

/** The text of `born` becomes a number by a function of the application, which can be mended. */
export const PLAN = `operations:
  - change_type: { table: people, column: born, type: int, forward: year(born), reverse: born::text }
settings:
  contract: { soak: 0s }
`;

const YEAR = `create function year(t text) returns int language plpgsql immutable as $$ begin return t::int; end $$;`;

/** What `year` makes of what it could not read before. */
export const MENDED = `create or replace function year(t text) returns int language plpgsql immutable as
  $$ begin return case t when 'ninety' then 1990 else t::int end; end $$;`;

export const PEOPLE = `create table people (id int primary key, born text);
  insert into people select n, (1900 + n)::text from generate_series(1, 50) n;`;

/** Where people work on a table `people`, whose `born` becomes a number. */
export async function peopleProject(script: string = PEOPLE): Promise<{ database: TestDatabase; place: Project }> {
  const database = await testDatabase({ script: YEAR + script });
  const place = project({ files: { [`plans/${AGE}.yaml`]: PLAN }, url: database.url });
  return { database, place };
}

/** The open rows as the journal has them. */
export async function openRows(database: TestDatabase): Promise<unknown[]> {
  return await database.query("select row_key as key, error from segue.quarantine where state = 'open' order by id");
}
