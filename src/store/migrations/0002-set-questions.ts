import { type Kysely, sql } from 'kysely';
import { IANAZone } from 'luxon';

/**
 * What questions about everybody at once need: an index of events by name, the core's way with JSON values as functions,
 * the time zones both sides know, and how far the fill of a publication has come.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index events_named on events (name, occurred_at) include (profile_id);

    alter table publications add column candidates_at timestamptz, add column filled_at timestamptz;
    create table fill_candidates (
      profile_id bigint primary key,
      publication_id bigint not null
    );

    -- As of when it is called, not as of when its statement began.
    create function newest_publication() returns bigint
    language plpgsql volatile as $$
    begin
      return (select max(id) from publications);
    end $$;

    -- By name in lower case. Those that Postgres and JavaScript both know.
    create table time_zones (
      key text primary key,
      name text not null
    );
    create function zone_of(traits jsonb, otherwise text) returns text
    language sql stable parallel safe as $$
      select coalesce(
        (select name from time_zones
         where key = case jsonb_typeof(traits -> 'timezone') when 'string' then lower(traits ->> 'timezone') end),
        otherwise)
    $$;

    create function epoch_ms(at timestamptz) returns bigint
    language sql immutable strict parallel safe as $$
      select (extract(epoch from at) * 1000)::bigint
    $$;

    -- What stands at these keys, which lead into objects, and through a list to the values of its elements.
    create function json_at(value jsonb, keys text[]) returns jsonb
    language plpgsql immutable strict parallel safe cost 50 as $$
    begin
      for step in 1 .. cardinality(keys) loop
        if jsonb_typeof(value) = 'array' then
          return (
            select jsonb_agg(inside.there order by inside.place)
            from (select json_at(one, keys[step:]) as there, place
                  from jsonb_array_elements(value) with ordinality as elements (one, place)) as inside
            where inside.there is not null);
        end if;
        value := case jsonb_typeof(value) when 'object' then value -> keys[step] end;
        if value is null then return null; end if;
      end loop;
      return value;
    end $$;

    -- A number that JavaScript can hold; null for anything else.
    create function json_number(value jsonb) returns float8
    language sql immutable strict parallel safe as $$
      select case jsonb_typeof(value) when 'number' then
        case when abs(value::numeric) >= 1.797693134862315807e308 then null
             when abs(value::numeric) <= 2.4703282292062328e-324 then 0
             else value::float8 end
      end
    $$;

    -- The instant of an ISO 8601 text or of epoch milliseconds, as core/test-value.ts reads it.
    create function json_instant(value jsonb) returns bigint
    language plpgsql immutable strict parallel safe cost 20 as $$
    declare
      written text;
      time text;
      zone text;
      at bigint;
    begin
      if jsonb_typeof(value) = 'number' then
        return case when value::numeric >= -62167219200000 and value::numeric < 253402300800000 then floor(value::numeric) end;
      end if;
      written := value #>> '{}';
      if jsonb_typeof(value) <> 'string' or written !~ ('^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])'
        || '(?:[Tt ](?:(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)?|24:00(?::00(?:[.]0+)?)?)'
        || '(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?)?$')
      then return null; end if;
      -- A day that its month does not have is one of the next month. Years repeat after 400, and dates begin at 1.
      at := (make_date(left(written, 4)::int + 400, substr(written, 6, 2)::int, 1) - date '1970-01-01' - 146097
        + substr(written, 9, 2)::int - 1) * 86400000::bigint;
      if length(written) > 10 then
        time := substring(substr(written, 12) from '^[0-9:.]+');
        zone := replace(substr(written, 12 + length(time)), ':', '');
        at := at + left(time, 2)::int * 3600000 + substr(time, 4, 2)::int * 60000
          + coalesce(nullif(substr(time, 7, 2), '')::int * 1000, 0) + rpad(substr(time, 10, 3), 3, '0')::int;
        if length(zone) = 5 then
          at := at - (left(zone, 1) || '1')::int * (substr(zone, 2, 2)::int * 60 + right(zone, 2)::int) * 60000;
        end if;
      end if;
      return case when at between -62167219200000 and 253402300799999 then at end;
    end $$;

    -- Texts whose order under "C" is that of their UTF-16 code units.
    create function in_code_units(value text) returns text
    language sql immutable strict parallel safe as $$
      select case when value ~ '[\\uE000-\\uFFFF]'
        then regexp_replace(value, '([\\uE000-\\uFFFF])', chr(1114111) || '\\1', 'g') else value end
    $$;

    -- Values without those equal to an earlier one, in their order.
    create function json_unique(elements jsonb[]) returns jsonb
    language sql immutable parallel safe as $$
      select coalesce(jsonb_agg(one order by place), '[]')
      from (select one, min(place) as place from unnest(elements) with ordinality as given (one, place) group by one) as kept
    $$;

    -- Arithmetic that has no value where the result is too great for a number, and 0 where it is too small.
    create function float_add(a float8, b float8) returns float8
    language sql immutable strict parallel safe as $$
      select case
        when abs(a) < 1e290 or abs(b) < 1e290 then a + b
        when abs(a * 0.5 + b * 0.5) >= 8.98846567431158e307 then null
        else a + b end
    $$;
    create function float_multiply(a float8, b float8) returns float8
    language sql immutable strict parallel safe as $$
      select case
        when a = 0 or b = 0 then 0
        when abs(a) >= 1 and abs(b) >= 1 then
          case when abs((a * 7.458340731200207e-155) * (b * 7.458340731200207e-155)) >= 1 then null else a * b end
        when abs(a) < 1 and abs(b) < 1 then
          case when abs(a) * 1.3407807929942597e154 <= 4.440892098500626e-16 / (abs(b) * 1.3407807929942597e154) then 0
               else a * b end
        else a * b end
    $$;
    create function float_divide(a float8, b float8) returns float8
    language sql immutable strict parallel safe as $$
      select case
        when b = 0 then null
        when a = 0 then 0
        when abs(b) < 1 then
          case when abs(a) >= abs(b) * 1.3407807929942597e154 * 1.3407807929942597e154 then null else a / b end
        when abs(a) < 1 and abs(b) > 1 then
          case when abs(a) * 1.3407807929942597e154 <= abs(b) * 3.312168642111238e-170 then 0 else a / b end
        else a / b end
    $$;
    create function float_accumulate(sum float8, one float8) returns float8
    language plpgsql immutable strict parallel safe as $$
    begin
      if abs(sum) = 'infinity' then return sum; end if;
      return coalesce(float_add(sum, one), sign(one) * 'infinity'::float8);
    end $$;
    create function float_finite(value float8) returns float8
    language sql immutable strict parallel safe as $$
      select case when abs(value) = 'infinity' then null else value end
    $$;
    -- In the order given, as each step rounds. Null where a step is too great for a number; 0 of none.
    create aggregate float_sum(float8) (
      sfunc = float_accumulate, stype = float8, initcond = '0', finalfunc = float_finite, parallel = safe
    );
  `.execute(db);

  const { rows } = await sql<{ name: string }>`select name from pg_timezone_names`.execute(db);
  const names = rows.map(({ name }) => name).filter((name) => IANAZone.isValidZone(name));
  await sql`
    insert into time_zones (key, name) select distinct on (lower(name)) lower(name), name from unnest(${names}::text[]) as name
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop aggregate float_sum(float8);
    drop function float_finite, float_accumulate, float_divide, float_multiply, float_add, json_unique, in_code_units,
      json_instant, json_number, json_at, epoch_ms, zone_of, newest_publication;
    drop table time_zones, fill_candidates;
    alter table publications drop column candidates_at, drop column filled_at;
    drop index events_named;
  `.execute(db);
}
