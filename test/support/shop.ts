/** The schema that the example plans are about, as it is before the first of them, with some rows. */
export const SHOP = `
CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  username text NOT NULL UNIQUE,
  full_name text NOT NULL,
  email text NOT NULL,
  fax text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT username_is_lower_case CHECK (username = lower(username))
);
CREATE INDEX customers_username_prefix ON customers (username text_pattern_ops);
COMMENT ON COLUMN customers.username IS 'as typed at sign-up';

CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id int NOT NULL,
  amount_cents int NOT NULL,
  status text,
  created_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO customers (username, full_name, email, fax, created_at)
SELECT 'customer' || n, CASE WHEN n % 10 = 0 THEN 'Plato' ELSE 'First' || n || ' Last' || n END, 'customer' || n || '@example.com',
       CASE WHEN n % 3 = 0 THEN '+43 1 ' || n ELSE '' END, now() - interval '1 year'
  FROM generate_series(1, 1000) AS n;
INSERT INTO orders (customer_id, amount_cents, status)
SELECT 1 + n % 1000, n * 7, CASE WHEN n % 4 > 0 THEN 'paid' END FROM generate_series(1, 5000) AS n;
ANALYZE;
`;
