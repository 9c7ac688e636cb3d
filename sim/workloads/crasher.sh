. /workload/lib.sh

info "crasher starting"
pause 2
error "Unhandled exception, the process ends
System.InvalidOperationException: Sequence contains no elements
   at System.Linq.ThrowHelper.ThrowNoElementsException()
   at Crasher.Program.Main(String[] args) in /src/Program.cs:line 42"
exit 139
