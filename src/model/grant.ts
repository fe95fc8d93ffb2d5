/** A privilege on a table, a column or a type. */
export interface Grant {
  /** A role's name, or `PUBLIC`. */
  readonly grantee: string;
  readonly privilege: string;
  readonly grantable: boolean;
  /** Where it is not the table's owner: a role that has the privilege WITH GRANT OPTION. */
  readonly grantor?: string;
}
