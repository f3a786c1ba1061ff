-- Read models rebuilt beside the live ones: temporary tables of one session get the rows that all events make, then the live
-- tables are made equal to them in one transaction. An end of the session leaves nothing behind.
CREATE TABLE rebuild (
  rebuild_id text PRIMARY KEY,
  at         timestamptz NOT NULL DEFAULT now(),
  added      bigint NOT NULL,
  removed    bigint NOT NULL
);

CREATE FUNCTION nova_rebuild_begin(tables text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY tables LOOP
    EXECUTE format('CREATE TEMP TABLE %I (LIKE public.%I INCLUDING ALL)', name, name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON pg_temp.%I TO %I', name, session_user);
  END LOOP;
END $$;

-- Begins each transaction of a rebuild: without the temporary tables its statements would find the live ones.
CREATE FUNCTION nova_rebuild_there(tables text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY tables LOOP
    IF to_regclass('pg_temp.' || quote_ident(name)) IS NULL THEN
      RAISE EXCEPTION 'the session of the rebuild has ended';
    END IF;
  END LOOP;
END $$;

-- `live` is the lane that owns the domain, `offsets` the sum of the offsets to which the rebuild has read: if an event was taken
-- meanwhile, or another node has the domain, nothing is changed.
CREATE FUNCTION nova_rebuild_take_over(id text, tables text[], live uuid, offsets bigint) RETURNS void LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  name text;
  changed bigint;
  total_added bigint := 0;
  total_removed bigint := 0;
BEGIN
  LOCK TABLE intake_offset IN SHARE MODE;
  IF (SELECT coalesce(sum(seq), 0) FROM intake_offset) <> offsets THEN
    RAISE EXCEPTION 'events were taken meanwhile';
  END IF;
  PERFORM 1 FROM shard WHERE lane_id <> live;
  IF FOUND THEN
    RAISE EXCEPTION 'another node has the domain';
  END IF;
  FOREACH name IN ARRAY tables LOOP
    EXECUTE format('DELETE FROM public.%I l WHERE NOT EXISTS (SELECT 1 FROM pg_temp.%I n WHERE n::text = l::text)', name, name);
    GET DIAGNOSTICS changed = ROW_COUNT;
    total_removed := total_removed + changed;
    EXECUTE format('INSERT INTO public.%I SELECT n.* FROM pg_temp.%I n WHERE NOT EXISTS '
                   '(SELECT 1 FROM public.%I l WHERE l::text = n::text)', name, name, name);
    GET DIAGNOSTICS changed = ROW_COUNT;
    total_added := total_added + changed;
  END LOOP;
  INSERT INTO rebuild (rebuild_id, added, removed) VALUES (id, total_added, total_removed);
END $$;
