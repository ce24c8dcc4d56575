-- Takes units of several policies for one subject, from all of them or from none.
-- KEYS: a counter for each policy. ARGV: for each its limit, its window in ms, and the units wanted.
-- Answers for each: units granted, units used by everybody, ms until the window ends.
local used = {}
local admitted = true
for i, key in ipairs(KEYS) do
    used[i] = tonumber(redis.call('GET', key) or '0')
    if used[i] >= tonumber(ARGV[3 * i - 2]) then
        admitted = false
    end
end
local answer = {}
for i, key in ipairs(KEYS) do
    local limit, window, wanted = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
    local granted = 0
    local left = redis.call('PTTL', key)
    if admitted then
        granted = math.min(wanted, limit - used[i])
        redis.call('INCRBY', key, granted)
        if left < 0 then
            redis.call('PEXPIRE', key, window)
        end
    end
    if left < 0 then
        left = window
    end
    answer[3 * i - 2] = granted
    answer[3 * i - 1] = used[i] + granted
    answer[3 * i] = left
end
return answer
