# An sshd that lets the test's own key in; sourced. Sets ssh_options.
# shellcheck shell=bash
start_sshd()
{
	mkdir -p /run/sshd "$ROW/home"
	cat >"$ROW/sshd_config" <<-CONF
		ListenAddress $SERVER_ADDRESS:22
		HostKey $kit/host_key
		PidFile none
		AuthorizedKeysFile $kit/key.pub
		PermitRootLogin yes
		StrictModes no
		UsePAM no
		Subsystem sftp internal-sftp
	CONF
	# The default key exchange, against quantum computers, takes two seconds in
	# emulation.
	ssh_options=(-F none -i "$kit/key" -o BatchMode=yes -o StrictHostKeyChecking=no
		-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR
		-o KexAlgorithms=curve25519-sha256)
	# Its mounts are its own (ip netns exec sees to that): the login finds an
	# empty home, not whatever root's shell does here at start.
	start sh -c 'mount --bind "$1" /root && exec /usr/sbin/sshd -D -e -f "$2"' - \
		"$ROW/home" "$ROW/sshd_config"
	wait_for_port 22
}
