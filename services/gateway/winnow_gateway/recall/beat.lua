-- Reads how far the keeper of answers is, and what time it is by the same clock.
-- KEYS: the hash of beats, as winnow_contracts.similarity_cache describes it. Answers seconds, microseconds, the hash.
local now = redis.call('TIME')
return {now[1], now[2], redis.call('HGETALL', KEYS[1])}
