# SPDX-License-Identifier: GPL-2.0-or-later
# Completion in bash. Options, keys and their values are those that the program's --help tells.

# _hlsgen_rows PROGRAM: the rows of --help, each in one line: name, argument, two blanks, text.
_hlsgen_rows() {
    "$1" --help 2>/dev/null |
        sed -n -e ':next' -e '$!{N' -e 'b next' -e '}' -e 's/\n \{28\}/  /g' -e 's/\n  */\n/gp' |
        grep -E '^(-|[a-z]+\.[a-z])'
}

# _hlsgen_row PROGRAM NAME: that of an option or a key.
_hlsgen_row() {
    local row
    while read -r row; do
        case $row in
        "$2 "* | "$2, "* | -?", $2 "*)
            echo "$row"
            break
            ;;
        esac
    done < <(_hlsgen_rows "$1")
}

# _hlsgen_values PROGRAM NAME TEXT: what may follow an option or a key, if that is known.
# Of a key whose values are no words it is the default, which shows the unit.
_hlsgen_values() {
    if [[ $3 =~ \(one\ of\ ([^\;\)]*) ]]; then
        echo "${BASH_REMATCH[1]//,/}"
        return
    fi
    case $2 in
    --preset | -p) "$1" --list-presets 2>/dev/null | cut -d ' ' -f 1 ;;
    --set | -s) _hlsgen_rows "$1" | sed -n 's/^\([a-z]*\.[a-z0-9-]*\) .*/\1=/p' ;;
    --user) compgen -u ;;
    [a-z]*) [[ $3 =~ default\ ([^\ ]*)\)$ ]] && echo "${BASH_REMATCH[1]}" ;;
    esac
}

# _hlsgen_matching WORD TEXT: the words of a text that begin so. Not by `compgen -W`, which expands
# them as the shell does: a preset's file may be named $(anything).
_hlsgen_matching() {
    local found
    while read -r found; do
        [[ $found == "$1"* ]] && printf '%s\n' "$found"
    done < <(tr -s ' ' '\n' <<<"$2")
}

# Bash breaks words at "=", too: --set, video.size, =, 1280x720.
_hlsgen() {
    local program=${1/#\~/$HOME} word=$2 name=$3 row left words
    if [[ $name != '=' && ${COMP_WORDS[COMP_CWORD]} == '=' ]]; then
        word=''
    elif [[ $name == '=' ]]; then
        name=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    row=$(_hlsgen_row "$program" "$name")
    left=${row%%  *}

    if [[ $left == *' '[A-Z]* || $left == [a-z]*.* ]]; then
        words=$(_hlsgen_values "$program" "$name" "${row//  / }")
    else
        words=$(_hlsgen_rows "$program" | sed -n -e 's/^-., --/--/' -e 's/^\(--[^ ]*\).*/\1/p')
        [[ $program == *-verify ]] && left='the FILE'
    fi
    mapfile -t COMPREPLY < <(
        _hlsgen_matching "$word" "$words"
        case $left in
        *' DIR') compgen -d -- "$word" ;;
        *'--preset NAME' | *' FILE') compgen -f -- "$word" ;;
        esac
    )
    case $left in
    *' DIR' | *'--preset NAME' | *' FILE') compopt -o filenames ;;
    *=VALUE) compopt -o nospace ;;
    esac
}
complete -F _hlsgen hlsgen hlsgen-verify
