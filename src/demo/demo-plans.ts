/** A plan of the demo, as a file. */
export interface DemoPlan {
  /** What people type. */
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

/** Renames, splits and widens columns, behind gates. */
export const RESHAPE: DemoPlan = {
  name: "reshape_shop",
  file: "1_reshape_shop.yaml",
  text: `description: handles, names in two columns, room for more customers
operations:
  - rename_column: { table: customers, from: username, to: handle }
  - change_type: { table: orders, column: customer_id, type: bigint }
expand:
  - add_column: { table: customers, column: first_name, type: text }
  - add_column: { table: customers, column: last_name, type: text }
  - sync:
      table: customers
      forward:
        first_name: split_part(full_name, ' ', 1)
        last_name: substr(full_name, length(split_part(full_name, ' ', 1)) + 2)
      reverse:
        full_name: concat_ws(' ', first_name, last_name)
contract:
  - drop_column: { table: customers, column: full_name }
gates:
  - query:
      sql: select count(*) from pg_stat_activity where application_name = 'shop/1'
      is: 0
  - approval: { by: data-team }
settings:
  contract: { soak: 3s }
`,
};

/** The one that is taken back. */
export const RENAME_CITY: DemoPlan = {
  name: "rename_city",
  file: "2_rename_city.yaml",
  text: `description: customers.city becomes town
operations:
  - rename_column: { table: customers, from: city, to: town }
`,
};
