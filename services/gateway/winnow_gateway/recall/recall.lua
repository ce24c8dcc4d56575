-- Reads the answers of one tenant that are good.
-- KEYS: where the version of its model is, then entries, as winnow_contracts.similarity_cache describes them.
-- Answers for each entry: the answer or nil, and the ms for which it stays good.
local model = redis.call('GET', KEYS[1])
local found = {}
for i = 2, #KEYS do
    local entry = redis.call('HMGET', KEYS[i], 'model', 'answer')
    local good = model and entry[1] == model and entry[2]
    found[2 * i - 3] = good
    found[2 * i - 2] = good and redis.call('PTTL', KEYS[i]) or 0
end
return found
