# SPDX-License-Identifier: GPL-2.0-or-later
# As much of nixpkgs' library, and of what NixOS makes of services, as nix/ takes: for tests where
# there is no nixpkgs. test_nixpkgs.py, where there is one, holds the two against each other.
let
  inherit (builtins)
    all
    attrNames
    concatLists
    concatMap
    concatStringsSep
    elem
    filter
    foldl'
    head
    isAttrs
    isBool
    isFunction
    isInt
    isList
    isString
    listToAttrs
    mapAttrs
    match
    toJSON
    typeOf
    ;

  genAttrs =
    names: make:
    listToAttrs (
      map (name: {
        inherit name;
        value = make name;
      }) names
    );
  optionals = condition: list: if condition then list else [ ];
  optional = condition: value: optionals condition [ value ];
  unique = foldl' (seen: name: seen ++ optional (!(elem name seen)) name) [ ];
  lines = name: values: map (value: "${name}=${value}\n") values;

  # ---- types: a name and a check -----------------------------------------------------------------
  is = name: check: { inherit name check; };
  types = {
    bool = is "boolean" isBool;
    str = is "string" isString;
    int = is "signed integer" isInt;
    path = is "absolute path" (
      value: typeOf value == "path" || isString value && match "/.*" value != null
    );
    package = is "package" (value: value.type or "" == "derivation");
    enum = names: is "one of ${concatStringsSep ", " (map toJSON names)}" (value: elem value names);
    nullOr = type: is "null or ${type.name}" (value: value == null || type.check value);
    either = a: b: is "${a.name} or ${b.name}" (value: a.check value || b.check value);
    attrsOf =
      type:
      is "attribute set of (${type.name})" (
        value: isAttrs value && all (name: type.check value.${name}) (attrNames value)
      );
    strMatching =
      pattern:
      is "string matching the pattern ${pattern}" (
        value: isString value && match pattern value != null
      );
    ints.between =
      low: high:
      is "integer between ${toString low} and ${toString high} (both inclusive)" (
        value: isInt value && low <= value && value <= high
      );
  };

  # ---- options: of each what is defined, else its default ----------------------------------------
  mkOption = option: option // { _type = "option"; };
  settle =
    path: options: defined:
    let
      unknown = filter (name: !(options ? ${name})) (attrNames defined);
    in
    if unknown != [ ] then
      throw "The option `${path}.${head unknown}' does not exist"
    else
      mapAttrs (
        name: option:
        if option._type or "" != "option" then
          settle "${path}.${name}" option (defined.${name} or { })
        else if !(defined ? ${name}) then
          option.default
        else if option.type.check defined.${name} then
          defined.${name}
        else
          throw "A definition for option `${path}.${name}' is not of type `${option.type.name}'"
      ) options;

  # ---- definitions of other options: those that are not made under a false condition, as one -----
  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };
  made =
    value:
    if value._type or "" != "if" then
      [ value ]
    else
      optionals value.condition (made value.content);
  merge =
    path: values:
    let
      left = concatMap made values;
      names = unique (concatMap attrNames left);
      one =
        name:
        map (value: { inherit name value; }) (
          merge "${path}.${name}" (concatMap (set: optional (set ? ${name}) set.${name}) left)
        );
    in
    if left == [ ] then
      [ ]
    else if all (value: isAttrs value && value.type or "" != "derivation") left then
      [ (listToAttrs (concatMap one names)) ]
    else if all isList left then
      [ (concatLists left) ]
    else if all (value: value == head left) left then
      [ (head left) ]
    else
      throw "The option `${path}' has conflicting definition values";

  # ---- the text that NixOS makes of a unit -------------------------------------------------------
  section =
    name: directives:
    let
      texts =
        value:
        if isList value then
          value
        else
          [ (if isBool value then (if value then "true" else "false") else toString value) ];
    in
    [ "[${name}]\n" ]
    ++ concatMap (key: lines key (texts directives.${key})) (attrNames directives);
  unitText =
    kind: unit:
    concatStringsSep "" (
      section "Unit" (
        (unit.unitConfig or { })
        // (if unit ? description then { Description = unit.description; } else { })
        // (if unit ? after then { After = concatStringsSep " " unit.after; } else { })
      )
      ++ section kind (unit."${if kind == "Slice" then "slice" else "service"}Config" or { })
      ++ optionals (unit ? wantedBy) (
        section "Install" { WantedBy = concatStringsSep " " unit.wantedBy; }
      )
    );
  units =
    kind: suffix: set:
    listToAttrs (
      map (name: {
        name = "${name}.${suffix}";
        value.text = unitText kind set.${name};
      }) (attrNames set)
    );

  lib = {
    inherit
      genAttrs
      mkIf
      mkOption
      optional
      optionals
      types
      ;
    inherit (builtins) concatMap concatStringsSep foldl';
    literalExpression = text: text;
    mkDefault = value: value;
    optionalAttrs = condition: set: if condition then set else { };
    mkEnableOption =
      what:
      mkOption {
        type = types.bool;
        default = false;
        description = "Whether to enable ${what}.";
      };
    strings.sanitizeDerivationName =
      name:
      concatStringsSep "-" (filter isString (builtins.split "[^[:alnum:]+._?=-]+" name));
    generators.toINI =
      { }: sections:
      concatStringsSep "\n" (
        map (
          name:
          "[${name}]\n"
          + concatStringsSep "" (
            concatMap (key: lines key [ (toString sections.${name}.${key}) ]) (
              attrNames sections.${name}
            )
          )
        ) (attrNames sections)
      );
  };
in
lib
// {
  # The configuration of modules, of which those without options are not conditional.
  evaluate =
    { pkgs, modules }:
    let
      load =
        module:
        let
          from = if typeOf module == "path" then import module else module;
          loaded = if isFunction from then from { inherit config lib pkgs; } else from;
        in
        concatMap load (loaded.imports or [ ]) ++ [ loaded ];
      all = concatMap load modules;
      declaring = filter (module: module ? options) all;
      plain = map (module: removeAttrs module [ "imports" ]) (
        filter (module: !(module ? options)) all
      );
      defined = head (
        merge "services.hlsgen" (
          [ { } ] ++ concatMap (m: optional (m ? services.hlsgen) m.services.hlsgen) plain
        )
      );
      config.services = {
        hlsgen = settle "services.hlsgen" (head declaring).options.services.hlsgen defined;
        prometheus.exporters.node.port = 9100;
        prometheus.exporters.nginx.port = 9113;
      };
      merged = head (merge "" (plain ++ map (module: module.config) declaring));
    in
    merged
    // {
      systemd = merged.systemd // {
        units =
          units "Service" "service" merged.systemd.services
          // units "Slice" "slice" merged.systemd.slices;
      };
    };
}
