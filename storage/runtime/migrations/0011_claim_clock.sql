-- A claim says which time the database's clock shows at most by the claimer's own clock: a clock that jumps forward ends no lease of a
-- living lane. NULL: the claimer does not know. Else as before.
CREATE FUNCTION nova_claim(me uuid, my_node text, shard_count integer, latest timestamptz)
RETURNS TABLE (shard integer, epoch bigint, last_seq bigint) LANGUAGE plpgsql SET lock_timeout = '1s' AS $$
#variable_conflict use_column
DECLARE
  dead uuid;
BEGIN
  PERFORM pg_advisory_xact_lock(4242, 1);
  FOR dead IN SELECT l.lane_id FROM lane l WHERE l.lane_id <> me AND NOT l.fenced
      AND (l.node = my_node OR nova_lease(l.lane_id, l.expires_at) < least(clock_timestamp(), latest))
  LOOP
    -- A locked row belongs to a transaction under way (of a stopped process, perhaps): its session is ended first.
    -- One that waits for a standby is left alone: ending it would show to readers what no standby has.
    PERFORM 1 FROM lane l WHERE l.lane_id = dead AND NOT l.fenced FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
      PERFORM pg_stat_clear_snapshot();
      PERFORM pg_terminate_backend(a.pid, 500) FROM pg_stat_activity a
        WHERE a.datname = current_database() AND a.application_name = 'nova:' || dead
          AND a.usename = current_user AND a.pid <> pg_backend_pid() AND a.wait_event IS DISTINCT FROM 'SyncRep';
      PERFORM 1 FROM lane l WHERE l.lane_id = dead AND NOT l.fenced FOR UPDATE;
    END IF;
    UPDATE lane SET fenced = true WHERE lane_id = dead AND NOT fenced
      AND (node = my_node OR nova_lease(lane_id, expires_at) < least(clock_timestamp(), latest));
  END LOOP;

  PERFORM 1 FROM lane WHERE lane_id = me AND NOT fenced FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lane is fenced' USING ERRCODE = 'NOVF1';
  END IF;
  UPDATE shard s SET lane_id = me, epoch = s.epoch + 1 FROM lane l WHERE s.lane_id = l.lane_id AND l.fenced;
  INSERT INTO shard (shard, lane_id, epoch) SELECT n, me, 1 FROM generate_series(0, shard_count - 1) n
    ON CONFLICT DO NOTHING;
  WITH gone AS (
    DELETE FROM lane l WHERE l.fenced AND nova_lease(l.lane_id, l.expires_at) < now() - interval '1 hour'
      AND NOT EXISTS (SELECT 1 FROM shard s WHERE s.lane_id = l.lane_id) RETURNING l.lane_id)
  DELETE FROM lane_batch b USING gone WHERE b.lane_id = gone.lane_id;
  RETURN QUERY SELECT s.shard, s.epoch, coalesce((SELECT max(o.seq) FROM outbox o WHERE o.shard = s.shard), 0)
    FROM shard s WHERE s.lane_id = me ORDER BY s.shard;
END $$;

-- For nodes of the version before.
CREATE OR REPLACE FUNCTION nova_claim(me uuid, my_node text, shard_count integer)
RETURNS TABLE (shard integer, epoch bigint, last_seq bigint) LANGUAGE sql SET lock_timeout = '1s' AS $$
  SELECT c.shard, c.epoch, c.last_seq FROM nova_claim(me, my_node, shard_count, NULL) c
$$;
