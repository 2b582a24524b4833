" Syntax of vmmsim's traces (docs/traces.md).
" SPDX-License-Identifier: BSD-3-Clause
if exists("b:current_syntax")
  finish
endif
syntax match vtTime "^@[0-9.]\+"
syntax match vtWay "\(^\|\s\)\zs[<>]\ze\s"
syntax keyword vtKind cpuid msr hypercall port mmio vector line msi message
syntax keyword vtKind event packet rndis descriptor frame rule note
syntax match vtControl "^\(trace\|block\|unordered\|end\|compare\)\>"
syntax match vtKey "\<[a-zA-Z0-9_]\+\ze="
syntax match vtNumber "\<\(0x[0-9a-fA-F]\+\|[0-9]\+\)\>"
syntax match vtName "=\zs[A-Za-z_][A-Za-z0-9_.:-]*"
syntax region vtBytes start="\[" end="\]" oneline
syntax region vtText start=+"+ skip=+\\.+ end=+"+ oneline
syntax match vtFree "\.\.\.\|\$[A-Za-z0-9_]\+\|%[A-Za-z0-9_]\+"
syntax match vtComment "\(^\|\s\)#.*$"
highlight default link vtTime Comment
highlight default link vtWay Operator
highlight default link vtKind Statement
highlight default link vtControl PreProc
highlight default link vtKey Identifier
highlight default link vtNumber Number
highlight default link vtName Constant
highlight default link vtBytes String
highlight default link vtText String
highlight default link vtFree Special
highlight default link vtComment Comment
let b:current_syntax = "vt"
