-- SPDX-License-Identifier: GPL-2.0-or-later
-- For wrk: each connection asks for the playlist, or for a segment that the last one listed.
--
--   wrk [...] -s wrk.lua http://HOST:PORT/PLAYLIST [-- PAUSE]
--
-- PAUSE: milliseconds before each request. At the end it prints, one a line: the SHA-256 of each
-- segment that came and how often it did, how many playlists came, and what was wrong.

local ffi = require("ffi")
-- Of libcrypto, with which wrk is linked.
ffi.cdef("unsigned char *SHA256(const char *data, size_t length, unsigned char *digest);")

local ROUND = 4 -- requests, of which the first is for the playlist
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  segments, faults, playlists = {}, {}, 0
  listed, turn = {}, 0
  folder = wrk.path:match(".*/")
  if arguments[1] then
    delay = function() return tonumber(arguments[1]) end
  end
end

function request()
  turn = turn + 1
  if turn % ROUND == 1 or #listed == 0 then
    return wrk.format("GET", wrk.path)
  end
  return wrk.format("GET", folder .. listed[turn % #listed + 1])
end

local function count(counts, key)
  counts[key] = (counts[key] or 0) + 1
end

local function take_playlist(text)
  local found = {}
  for uri in text:gmatch("#EXTINF:[^\n]*\n([^#\n]+)\n") do
    table.insert(found, uri)
  end
  local _, promised = text:gsub("#EXTINF:", "")
  if not text:find("^#EXTM3U\n.*\n$") or #found == 0 or #found ~= promised then
    return count(faults, "torn playlist of " .. #text .. " bytes")
  end
  listed, playlists = found, playlists + 1
end

local function take_segment(body)
  local digest = ffi.new("unsigned char[32]")
  ffi.C.SHA256(body, #body, digest)
  count(segments, (ffi.string(digest, 32):gsub(".", function(byte)
    return ("%02x"):format(byte:byte())
  end)))
end

function response(status, headers, body)
  local type = headers["Content-Type"]
  if status ~= 200 then
    count(faults, "status " .. status)
  elseif type == "application/vnd.apple.mpegurl" then
    take_playlist(body)
  elseif type == "video/mp2t" then
    take_segment(body)
  else
    count(faults, "a body of type " .. tostring(type))
  end
end

function done(summary)
  for kind, number in pairs(summary.errors) do
    if number > 0 and kind ~= "status" then -- told below
      print("fault", kind .. " errors", number)
    end
  end
  for _, thread in ipairs(threads) do
    for digest, number in pairs(thread:get("segments")) do
      print("segment", digest, number)
    end
    for what, number in pairs(thread:get("faults")) do
      print("fault", what, number)
    end
    print("playlists", "whole", thread:get("playlists"))
  end
end
