-- A process may write to one database with several lanes, each for its part of the shards. They live and die together: `process`
-- names them. NULL: the lane is the only one of its process.
ALTER TABLE lane ADD COLUMN process uuid;

-- Fences the lanes of dead processes (all of a process have expired by this server's clock, or its data folder is the caller's, and
-- thus it has ended), then gives `me` those shards of its part that nobody owns: shard % parts = part. While another living
-- process owns a shard, and one of the two has several lanes, nothing is given: no process shall end with a part of the shards.
-- Returns what `me` owns now. The outbox keeps at least the last row of every shard, so that max(seq) is the shard's counter.
CREATE FUNCTION nova_claim_part(me uuid, my_node text, shard_count integer, part integer, parts integer, latest timestamptz)
RETURNS TABLE (shard integer, epoch bigint, last_seq bigint) LANGUAGE plpgsql SET lock_timeout = '1s' AS $$
#variable_conflict use_column
DECLARE
  mine uuid;
  dead uuid;
  one uuid;
BEGIN
  PERFORM pg_advisory_xact_lock(4242, 1);
  SELECT coalesce(l.process, l.lane_id) INTO mine FROM lane l WHERE l.lane_id = me;
  FOR dead IN SELECT coalesce(l.process, l.lane_id) FROM lane l
      WHERE NOT l.fenced AND coalesce(l.process, l.lane_id) IS DISTINCT FROM mine GROUP BY 1
      HAVING bool_or(l.node = my_node) OR max(nova_lease(l.lane_id, l.expires_at)) < least(clock_timestamp(), latest)
  LOOP
    FOR one IN SELECT l.lane_id FROM lane l WHERE coalesce(l.process, l.lane_id) = dead AND NOT l.fenced ORDER BY 1
    LOOP
      -- A locked row belongs to a transaction under way (of a stopped process, perhaps): its session is ended first.
      -- One that waits for a standby is left alone: ending it would show to readers what no standby has.
      PERFORM 1 FROM lane l WHERE l.lane_id = one AND NOT l.fenced FOR UPDATE SKIP LOCKED;
      CONTINUE WHEN FOUND;
      PERFORM pg_stat_clear_snapshot();
      PERFORM pg_terminate_backend(a.pid, 500) FROM pg_stat_activity a
        WHERE a.datname = current_database() AND a.application_name = 'nova:' || one
          AND a.usename = current_user AND a.pid <> pg_backend_pid() AND a.wait_event IS DISTINCT FROM 'SyncRep';
      PERFORM 1 FROM lane l WHERE l.lane_id = one AND NOT l.fenced FOR UPDATE;
    END LOOP;
    UPDATE lane SET fenced = true WHERE coalesce(process, lane_id) = dead AND NOT fenced AND (node = my_node OR
      (SELECT max(nova_lease(l.lane_id, l.expires_at)) FROM lane l WHERE coalesce(l.process, l.lane_id) = dead AND NOT l.fenced)
        < least(clock_timestamp(), latest));
  END LOOP;

  PERFORM 1 FROM lane WHERE lane_id = me AND NOT fenced FOR UPDATE;
  IF NOT FOUND OR EXISTS (SELECT FROM lane l WHERE l.process = mine AND l.fenced) THEN
    RAISE EXCEPTION 'lane is fenced' USING ERRCODE = 'NOVF1';
  END IF;
  IF NOT EXISTS (SELECT FROM shard s JOIN lane l USING (lane_id) WHERE NOT l.fenced
      AND coalesce(l.process, l.lane_id) <> mine AND (parts > 1 OR l.process IS NOT NULL)) THEN
    UPDATE shard s SET lane_id = me, epoch = s.epoch + 1 FROM lane l
      WHERE s.lane_id = l.lane_id AND l.fenced AND s.shard % parts = part;
    INSERT INTO shard SELECT n, me, 1 FROM generate_series(0, shard_count - 1) n WHERE n % parts = part
      ON CONFLICT DO NOTHING;
  END IF;
  WITH gone AS (
    DELETE FROM lane l WHERE l.fenced AND nova_lease(l.lane_id, l.expires_at) < now() - interval '1 hour'
      AND NOT EXISTS (SELECT 1 FROM shard s WHERE s.lane_id = l.lane_id) RETURNING l.lane_id)
  DELETE FROM lane_batch b USING gone WHERE b.lane_id = gone.lane_id;
  RETURN QUERY SELECT s.shard, s.epoch, coalesce((SELECT max(o.seq) FROM outbox o WHERE o.shard = s.shard), 0)
    FROM shard s WHERE s.lane_id = me ORDER BY s.shard;
END $$;

-- For nodes of the versions before, which have one lane.
CREATE OR REPLACE FUNCTION nova_claim(me uuid, my_node text, shard_count integer, latest timestamptz)
RETURNS TABLE (shard integer, epoch bigint, last_seq bigint) LANGUAGE sql SET lock_timeout = '1s' AS $$
  SELECT c.shard, c.epoch, c.last_seq FROM nova_claim_part(me, my_node, shard_count, 0, 1, latest) c
$$;

-- As before; `live` is a lane of the process that owns the domain.
CREATE OR REPLACE FUNCTION nova_rebuild_take_over(id text, tables text[], live uuid, offsets bigint) RETURNS void LANGUAGE plpgsql
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
  PERFORM 1 FROM shard s JOIN lane l USING (lane_id) WHERE coalesce(l.process, l.lane_id) IS DISTINCT FROM
    (SELECT coalesce(m.process, m.lane_id) FROM lane m WHERE m.lane_id = live);
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
