# SPDX-License-Identifier: GPL-2.0-or-later
# Reads what preset files and unit files have in common: TEXT -> { SECTION.KEY = [ VALUE ... ]; }
text:
let
  inherit (builtins)
    elemAt
    filter
    foldl'
    isString
    match
    split
    ;

  add =
    state: line:
    let
      blanks = "[[:blank:]]*";
      section = match "${blanks}\\[(.*)]${blanks}" line;
      pair = match "${blanks}([[:alnum:]-]+)${blanks}=${blanks}(.*[^[:blank:]])?${blanks}" line;
      name = if section != null then elemAt section 0 else state.name;
      keys = state.found.${name} or { };
      key = elemAt pair 0;
      value = if elemAt pair 1 == null then "" else elemAt pair 1;
      added = if pair == null then { } else { ${key} = keys.${key} or [ ] ++ [ value ]; };
    in
    {
      inherit name;
      found =
        if section == null && pair == null then
          state.found
        else
          state.found // { ${name} = keys // added; };
    };
in
(foldl' add {
  name = "";
  found = { };
} (filter isString (split "\n" text))).found
