import { CENTS } from "./shape.ts";

const COPIED = ["id", "customer_id", "created_at", "amount", "note"];

/**
 * A new column with the kind of trigger that pgroll makes for it: it copies each column into a variable, asks for the
 * writer's search_path to tell old clients from new ones, sets the new column and takes the row's flag away.
 */
export function pgrollTrigger({ column: derived, type, expression } = CENTS): string[] {
  const variables = COPIED.map((column) => `${column} orders.${column}%TYPE := NEW.${column};`).join("\n      ");
  return [
    `ALTER TABLE orders ADD COLUMN ${derived} ${type}, ADD COLUMN _pgroll_needs_backfill boolean DEFAULT true`,
    `CREATE FUNCTION pgroll_like() RETURNS trigger LANGUAGE plpgsql AS $$
    #variable_conflict use_variable
    DECLARE
      ${variables}
      writer_path text;
    BEGIN
      SELECT current_setting INTO writer_path FROM current_setting('search_path');
      IF writer_path <> 'public_1_${derived}' THEN
        NEW.${derived} = ${expression};
        NEW._pgroll_needs_backfill = false;
      END IF;
      RETURN NEW;
    END $$`,
    "CREATE TRIGGER pgroll_like BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION pgroll_like()",
  ];
}
