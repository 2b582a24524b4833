-- SPDX-License-Identifier: BSD-3-Clause
--
-- Which lines of the dissector say that something is wrong, and of those, which
-- did: for a test that wants to see each of them do it. The file SITES gets
-- "FILE:LINE" of each that ran, once.
local sites = assert(io.open(os.getenv("SITES"), "a"))
local seen = {}
local lines = {}

-- The numbers of the lines of a script that call for an expert note.
local function calls(path)
	local found, number = {}, 0
	for line in io.lines(path) do
		number = number + 1
		if line:match("^%s.*malformed%(") or
				line:match("add_proto_expert_info%(") then
			found[number] = true
		end
	end
	return found
end

debug.sethook(function(_, line)
	local path = debug.getinfo(2, "S").source:match("^@(.*/wireshark/.*)$")
	if not path then
		return
	end
	lines[path] = lines[path] or calls(path)
	if lines[path][line] and not seen[path .. line] then
		seen[path .. line] = true
		sites:write(path:match("wireshark/(.*)$"), ":", line, "\n")
		sites:flush()
	end
end, "l")
