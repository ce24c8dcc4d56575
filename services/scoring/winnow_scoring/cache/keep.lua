-- One step of keeping similarity answers (winnow_contracts/similarity_cache.py). Steps may come in any order, and again.
--   changed  KEYS: entries of a company. ARGV: the profile's version.
--   built    KEYS: the tenant's model. ARGV: its version, ms to keep it.
--   mark     KEYS: an entry. ARGV: the profile's version, ms to keep the mark.
--   fill     KEYS: an entry, the tenant's model. ARGV: the profile's version, the model's, the answer, ms to keep each.
-- Answers 1 where it did something, else 0.
local step, version = ARGV[1], tonumber(ARGV[2])

local function number(text)
    return tonumber(text or '0') or 0
end

local function lift(key, to, milliseconds)
    if number(redis.call('GET', key)) > to then
        return false
    end
    redis.call('SET', key, string.format('%.0f', to), 'PX', milliseconds)
    return true
end

if step == 'changed' then
    local dropped = 0
    for _, key in ipairs(KEYS) do
        if number(redis.call('HGET', key, 'company')) < version then
            dropped = dropped + redis.call('DEL', key)
        end
    end
    return math.min(dropped, 1)
end

if step == 'built' then
    return lift(KEYS[1], version, ARGV[3]) and 1 or 0
end

local known = redis.call('HGET', KEYS[1], 'company')
if step == 'mark' then
    if number(known) > version then
        return 0
    end
    if number(known) < version then
        redis.call('DEL', KEYS[1])
        redis.call('HSET', KEYS[1], 'company', ARGV[2])
    end
    if redis.call('HEXISTS', KEYS[1], 'answer') == 0 then
        redis.call('PEXPIRE', KEYS[1], ARGV[3])
    end
    return 1
end

-- A mark that is gone says that Redis was emptied or that the company has changed since it was made.
if not known or number(known) ~= version or not lift(KEYS[2], tonumber(ARGV[3]), ARGV[6]) then
    return 0
end
redis.call('HSET', KEYS[1], 'model', ARGV[3], 'answer', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
