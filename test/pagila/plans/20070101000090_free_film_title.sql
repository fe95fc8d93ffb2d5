-- migrate:up
-- A search trigger that works under both names of the column, and in every phase.
CREATE FUNCTION public.film_fulltext() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  film jsonb := to_jsonb(NEW);
BEGIN
  NEW.fulltext := to_tsvector('pg_catalog.english', concat_ws(' ', coalesce(film ->> 'heading', film ->> 'title'), NEW.description));
  RETURN NEW;
END $$;
DROP TRIGGER film_fulltext_trigger ON public.film;
-- Behind Segue's own triggers, which fire as zzz_segue_…: by then both names of the column hold the same.
CREATE TRIGGER zzzz_film_fulltext BEFORE INSERT OR UPDATE ON public.film
  FOR EACH ROW EXECUTE FUNCTION public.film_fulltext();

DROP VIEW public.actor_info;
DROP VIEW public.family_films;
DROP VIEW public.film_list;
DROP MATERIALIZED VIEW public.nicer_but_slower_film_list;
DROP VIEW public.rental_report;
DROP VIEW public.sales_top5_by_film_category;

-- migrate:down
CREATE VIEW public.actor_info AS
 SELECT a.actor_id,
    a.first_name,
    a.last_name,
    public.group_concat(DISTINCT (((c.name)::text || ': '::text) || ( SELECT public.group_concat((f.title)::text) AS group_concat
           FROM ((public.film f
             JOIN public.film_category fc_1 ON ((f.film_id = fc_1.film_id)))
             JOIN public.film_actor fa_1 ON ((f.film_id = fa_1.film_id)))
          WHERE ((fc_1.category_id = c.category_id) AND (fa_1.actor_id = a.actor_id))
          GROUP BY fa_1.actor_id))) AS film_info
   FROM (((public.actor a
     LEFT JOIN public.film_actor fa ON ((a.actor_id = fa.actor_id)))
     LEFT JOIN public.film_category fc ON ((fa.film_id = fc.film_id)))
     LEFT JOIN public.category c ON ((fc.category_id = c.category_id)))
  GROUP BY a.actor_id, a.first_name, a.last_name;

CREATE VIEW public.family_films AS
 SELECT film.title,
    film.description,
    film.release_year,
    film.language_id,
    film.length,
    film.rating,
    film.rental_rate,
    film.rental_duration
   FROM public.film
  WHERE (film.rating = ANY (ARRAY['G'::public.mpaa_rating, 'PG'::public.mpaa_rating, 'PG-13'::public.mpaa_rating]));

CREATE VIEW public.film_list AS
 SELECT film.film_id AS fid,
    film.title,
    film.description,
    category.name AS category,
    film.rental_rate AS price,
    film.length,
    film.rating,
    public.group_concat((((actor.first_name)::text || ' '::text) || (actor.last_name)::text)) AS actors
   FROM ((((public.category
     LEFT JOIN public.film_category ON ((category.category_id = film_category.category_id)))
     LEFT JOIN public.film ON ((film_category.film_id = film.film_id)))
     LEFT JOIN public.film_actor ON ((film.film_id = film_actor.film_id)))
     LEFT JOIN public.actor ON ((film_actor.actor_id = actor.actor_id)))
  GROUP BY film.film_id, film.title, film.description, category.name, film.rental_rate, film.length, film.rating;

CREATE MATERIALIZED VIEW public.nicer_but_slower_film_list AS
 SELECT film.film_id AS fid,
    film.title,
    film.description,
    category.name AS category,
    film.rental_rate AS price,
    film.length,
    film.rating,
    public.group_concat(((((upper("substring"((actor.first_name)::text, 1, 1)) || lower("substring"((actor.first_name)::text, 2))) || ' '::text) || upper("substring"((actor.last_name)::text, 1, 1))) || lower("substring"((actor.last_name)::text, 2)))) AS actors
   FROM ((((public.category
     LEFT JOIN public.film_category ON ((category.category_id = film_category.category_id)))
     LEFT JOIN public.film ON ((film_category.film_id = film.film_id)))
     LEFT JOIN public.film_actor ON ((film.film_id = film_actor.film_id)))
     LEFT JOIN public.actor ON ((film_actor.actor_id = actor.actor_id)))
  GROUP BY film.film_id, film.title, film.description, category.name, film.rental_rate, film.length, film.rating;

CREATE VIEW public.rental_report AS
 WITH rentals AS (
         SELECT film.film_id,
            ((((('{ "title": '::text || quote_ident((film.title)::text)) || ', "mpaa-rating": '::text) || quote_ident((film.rating)::text)) || ' }'::text))::jsonb AS jsonb
           FROM public.film
        )
 SELECT ((((((('{ "customer": '::text || quote_ident((((customer.first_name)::text || ' '::text) || (customer.last_name)::text))) || ', "rental_date": '::text) || quote_ident(((lower(rental.rental_period))::date)::text)) || ', "films": '::text) || json_agg(rentals.jsonb)) || '}'::text))::jsonb AS report
   FROM (((public.rental
     JOIN public.customer USING (customer_id))
     JOIN public.inventory USING (inventory_id))
     JOIN rentals USING (film_id))
  GROUP BY customer.customer_id, ((lower(rental.rental_period))::date);

CREATE VIEW public.sales_top5_by_film_category AS
 WITH sales_rankings AS (
         SELECT c.name AS category,
            f.title,
            sum(p.amount) AS sum,
            rank() OVER (PARTITION BY c.name ORDER BY (sum(p.amount)) DESC) AS rank
           FROM (((((public.payment p
             JOIN public.rental r ON ((p.rental_id = r.rental_id)))
             JOIN public.inventory i ON ((r.inventory_id = i.inventory_id)))
             JOIN public.film f ON ((i.film_id = f.film_id)))
             JOIN public.film_category fc ON ((f.film_id = fc.film_id)))
             JOIN public.category c ON ((fc.category_id = c.category_id)))
          GROUP BY c.name, f.title
        )
 SELECT sales_rankings.category,
    sales_rankings.rank,
    sales_rankings.title,
    sales_rankings.sum AS sales
   FROM sales_rankings
  WHERE (sales_rankings.rank <= 5);

DROP TRIGGER zzzz_film_fulltext ON public.film;
CREATE TRIGGER film_fulltext_trigger BEFORE INSERT OR UPDATE ON public.film
  FOR EACH ROW EXECUTE FUNCTION tsvector_update_trigger('fulltext', 'pg_catalog.english', 'title', 'description');
DROP FUNCTION public.film_fulltext();
