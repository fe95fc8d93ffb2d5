-- migrate:up
DROP VIEW public.customer_list;
DROP VIEW public.rental_report;

-- migrate:down
CREATE VIEW public.customer_list AS
 SELECT cu.customer_id AS id,
    (((cu.first_name)::text || ' '::text) || (cu.last_name)::text) AS name,
    a.address,
    a.postal_code AS "zip code",
    a.phone,
    city.city,
    country.country,
        CASE
            WHEN cu.activebool THEN 'active'::text
            ELSE ''::text
        END AS notes,
    cu.store_id AS sid
   FROM (((public.customer cu
     JOIN public.address a ON ((cu.address_id = a.address_id)))
     JOIN public.city ON ((a.city_id = city.city_id)))
     JOIN public.country ON ((city.country_id = country.country_id)));

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
