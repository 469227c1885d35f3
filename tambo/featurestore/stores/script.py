"""What the Redis server runs for each row: decide by (event, created), and keep what it replaces.

It runs where the row is, so that nothing can come between the comparison and the write. The layout
of a stamp is that of `tambo.featurestore.online.stamp`.

KEYS[1]    the entity's hash
ARGV[1]    field of the stamp, `_ts:view`
ARGV[2]    field of the replaced row, `_prev:view`
ARGV[3]    the new stamp
ARGV[4]    publication that readers see; -1 if there is none, so that nothing is kept
ARGV[5]    mode: `decide`, `force` (an explicit overwrite), `remove` or `settle`
ARGV[6..]  field and value, again and again; for `remove` fields alone

Answers 1 if the row was written, else 0.
"""

WRITE_ROW = r"""
local key, ts_field, prev_field, stamp = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local online, mode = tonumber(ARGV[4]), ARGV[5]

local function read(ts)
  if #ts >= 31 then return struct.unpack('>i8I4i8I4I4B', ts, #ts - 28) end
  local found, at = {0, 0}, 1
  while at <= #ts do
    local number, value, factor, byte = math.floor(string.byte(ts, at) / 8), 0, 1, 0
    repeat
      at = at + 1
      byte = string.byte(ts, at)
      value = value + (byte % 128) * factor
      factor = factor * 128
    until byte < 128
    at = at + 1
    found[number] = value
  end
  if found[1] >= 9223372036854775808 then found[1] = found[1] - 18446744073709551616 end
  local us = math.floor(found[2] / 1000)
  return found[1], us, found[1], us, 0, 0
end

local old = redis.call('HGET', key, ts_field)
local oe, ou, oc, ov, op, gone
if old then oe, ou, oc, ov, op, gone = read(old) end
local ne, nu, nc, nv, np = read(stamp)

if mode == 'settle' then
  if old and op <= online then
    redis.call('HDEL', key, prev_field)
    if gone == 1 then redis.call('HDEL', key, ts_field) end
  end
  return 1
end
if mode == 'remove' and (not old or op == 0 or op == np) then return 0 end
if old and mode == 'decide' and (op == 0 or np == 0) then
  if oe ~= ne then if ne < oe then return 0 end
  elseif ou ~= nu then if nu < ou then return 0 end
  elseif oc ~= nc then if nc < oc then return 0 end
  elseif nv < ov then return 0 end
end

local step = mode == 'remove' and 1 or 2
if np > 0 and online >= 0 then
  if not old then
    redis.call('HSET', key, prev_field, '')
  elseif op <= online then
    local kept = {struct.pack('>I4', #old), old}
    for at = 6, #ARGV, step do
      local value = redis.call('HGET', key, ARGV[at])
      if value then
        kept[#kept + 1] = ARGV[at]
        kept[#kept + 1] = struct.pack('>I4', #value)
        kept[#kept + 1] = value
      end
    end
    redis.call('HSET', key, prev_field, table.concat(kept))
  end
elseif np == 0 and op and op > 0 then
  redis.call('HDEL', key, prev_field)
end
if mode == 'remove' then
  redis.call('HDEL', key, unpack(ARGV, 6))
  redis.call('HSET', key, ts_field, string.sub(old, 1, #old - 5) .. string.sub(stamp, -5))
else
  redis.call('HSET', key, ts_field, stamp, unpack(ARGV, 6))
end
return 1
"""
