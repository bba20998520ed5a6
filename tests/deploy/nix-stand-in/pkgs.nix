# SPDX-License-Identifier: GPL-2.0-or-later
# What nix/module.nix takes of the packages. A text is really written, to the store of the test.
{
  writeText = builtins.toFile;
  # Without the folder: builtins can write none.
  writeTextDir = builtins.toFile;
  apparmorRulesFromClosure =
    { name }: packages: builtins.toFile "${name}.rules" "${builtins.head packages}/bin/* mr,\n";
}
