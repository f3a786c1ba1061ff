-- In a cluster each lane has its part of the shards for itself (shard % parts = part): the lanes of one process may own parts of the
-- domain while other processes own the rest. Gives `me` the shards of its part that have no owner or a dead one, and a lease of
-- `lease_ms` milliseconds: a lane without shards may have let its own pass, and no claim looks at it.
-- A lane is dead when its lease has expired by this server's clock, or when it is of an earlier process of the caller's data folder.
-- Returns what `me` owns now. The outbox keeps at least the last row of every shard, so that max(seq) is the shard's counter.
CREATE FUNCTION nova_claim_lane(me uuid, my_node text, shard_count integer, part integer, parts integer, latest timestamptz,
  lease_ms bigint)
RETURNS TABLE (shard integer, epoch bigint, last_seq bigint) LANGUAGE plpgsql SET lock_timeout = '1s' AS $$
#variable_conflict use_column
DECLARE
  mine uuid;
  one uuid;
BEGIN
  PERFORM pg_advisory_xact_lock(4242, 1);
  SELECT l.process INTO mine FROM lane l WHERE l.lane_id = me;
  FOR one IN SELECT DISTINCT l.lane_id FROM lane l JOIN shard s USING (lane_id)
      WHERE s.shard % parts = part AND NOT l.fenced AND l.lane_id <> me
        AND ((l.node = my_node AND l.process IS DISTINCT FROM mine)
          OR nova_lease(l.lane_id, l.expires_at) < least(clock_timestamp(), latest))
  LOOP
    -- A locked row belongs to a transaction under way (of a stopped process, perhaps): its session is ended first.
    -- One that waits for a standby is left alone: ending it would show to readers what no standby has.
    PERFORM 1 FROM lane l WHERE l.lane_id = one AND NOT l.fenced FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
      PERFORM pg_stat_clear_snapshot();
      PERFORM pg_terminate_backend(a.pid, 500) FROM pg_stat_activity a
        WHERE a.datname = current_database() AND a.application_name = 'nova:' || one
          AND a.usename = current_user AND a.pid <> pg_backend_pid() AND a.wait_event IS DISTINCT FROM 'SyncRep';
      PERFORM 1 FROM lane l WHERE l.lane_id = one AND NOT l.fenced FOR UPDATE;
    END IF;
    UPDATE lane SET fenced = true WHERE lane_id = one AND NOT fenced
      AND ((node = my_node AND process IS DISTINCT FROM mine)
        OR nova_lease(lane_id, expires_at) < least(clock_timestamp(), latest));
  END LOOP;

  UPDATE lane SET expires_at = clock_timestamp() + lease_ms * interval '1 millisecond' WHERE lane_id = me AND NOT fenced;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lane is fenced' USING ERRCODE = 'NOVF1';
  END IF;
  UPDATE shard s SET lane_id = me, epoch = s.epoch + 1 FROM lane l
    WHERE s.lane_id = l.lane_id AND l.fenced AND s.shard % parts = part;
  INSERT INTO shard SELECT n, me, 1 FROM generate_series(0, shard_count - 1) n WHERE n % parts = part
    ON CONFLICT DO NOTHING;
  -- Also lanes that never had shards, of processes that are gone.
  WITH gone AS (
    DELETE FROM lane l WHERE l.lane_id <> me AND nova_lease(l.lane_id, l.expires_at) < now() - interval '1 hour'
      AND NOT EXISTS (SELECT 1 FROM shard s WHERE s.lane_id = l.lane_id) RETURNING l.lane_id)
  DELETE FROM lane_batch b USING gone WHERE b.lane_id = gone.lane_id;
  RETURN QUERY SELECT s.shard, s.epoch, coalesce((SELECT max(o.seq) FROM outbox o WHERE o.shard = s.shard), 0)
    FROM shard s WHERE s.lane_id = me ORDER BY s.shard;
END $$;
