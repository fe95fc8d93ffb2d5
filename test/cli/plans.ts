/** Plans and tables that the tests of the command line share. */

export const RENAME = `description: users.username becomes users.handle
operations:
  - rename_column: { table: users, from: username, to: handle }
settings:
  contract: { soak: 0s }
`;

export const RENAME_ID = "20261122101500_rename_username";
export const RENAME_FILE = `plans/${RENAME_ID}.yaml`;

export const USERS = `
create table users (id int generated always as identity primary key, username text not null);
insert into users (username) values ('ada'), ('grace'), ('edsger');
`;

/** So many rows that a fill is met in its middle. */
export const MANY_USERS = `
create table users (id int generated always as identity primary key, username text not null, note text);
insert into users (username, note) select 'user ' || n, repeat('x', 100) from generate_series(1, 60000) n;
analyze users;
`;
