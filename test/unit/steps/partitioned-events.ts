/** A table of two levels of partitions, one with a name that must be quoted, and rows in each leaf. */
export const PARTITIONED_EVENTS = `
  CREATE TABLE events (id bigint NOT NULL, at date NOT NULL, kind text, account_id bigint) PARTITION BY RANGE (at);
  CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
  CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (kind);
  CREATE TABLE events_2026_a PARTITION OF events_2026 FOR VALUES IN ('a');
  CREATE TABLE "Events ""2026"" b" PARTITION OF events_2026 FOR VALUES IN ('b');
  INSERT INTO events VALUES (1, '2025-05-05', 'a', 1), (2, '2026-05-05', 'a', 1), (3, '2026-05-05', 'b', 2)`;
