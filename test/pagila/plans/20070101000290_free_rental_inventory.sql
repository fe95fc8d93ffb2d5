-- migrate:up
DROP VIEW legacy.rental;
DROP VIEW public.rental_report;
DROP VIEW public.sales_by_film_category;
DROP VIEW public.sales_by_store;
DROP VIEW public.sales_top5_by_film_category;

-- migrate:down
CREATE VIEW legacy.rental AS
 SELECT rental.rental_id,
    lower(rental.rental_period) AS rental_date,
    rental.inventory_id,
    rental.customer_id,
    upper(rental.rental_period) AS return_date,
    rental.staff_id,
    rental.last_update
   FROM public.rental;

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

CREATE VIEW public.sales_by_film_category AS
 SELECT c.name AS category,
    sum(p.amount) AS total_sales
   FROM (((((public.payment p
     JOIN public.rental r ON ((p.rental_id = r.rental_id)))
     JOIN public.inventory i ON ((r.inventory_id = i.inventory_id)))
     JOIN public.film f ON ((i.film_id = f.film_id)))
     JOIN public.film_category fc ON ((f.film_id = fc.film_id)))
     JOIN public.category c ON ((fc.category_id = c.category_id)))
  GROUP BY c.name
  ORDER BY (sum(p.amount)) DESC;
COMMENT ON VIEW public.sales_by_film_category IS 'Note that total sales will add up to >100% because some titles belong to more than one category';

CREATE VIEW public.sales_by_store AS
 SELECT concat(c.city, ', ', cy.country) AS store,
    concat(m.first_name, ' ', m.last_name) AS manager,
    sum(p.amount) AS total_sales
   FROM (((((((public.payment p
     JOIN public.rental r ON ((p.rental_id = r.rental_id)))
     JOIN public.inventory i ON ((r.inventory_id = i.inventory_id)))
     JOIN public.store s ON ((i.store_id = s.store_id)))
     JOIN public.address a ON ((s.address_id = a.address_id)))
     JOIN public.city c ON ((a.city_id = c.city_id)))
     JOIN public.country cy ON ((c.country_id = cy.country_id)))
     JOIN public.staff m ON ((s.manager_staff_id = m.staff_id)))
  GROUP BY s.store_id, c.city, cy.country, m.first_name, m.last_name
  ORDER BY cy.country, c.city;

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
